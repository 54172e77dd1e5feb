# about: source with Windows line endings, tabs and a byte order mark works
# outcome: OUTCOME_OK
# source-encoding: bom-crlf
# stdout: windows
if True:
	print("windows")
