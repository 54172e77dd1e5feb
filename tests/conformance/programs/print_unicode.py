# about: output in many scripts, in UTF-8
# outcome: OUTCOME_OK
# stdout: Grüße, 你好, γειά, שלום, 🎉
# stdout: utf-8 utf-8
import sys

print("Grüße, 你好, γειά, שלום, 🎉")
print(sys.stdout.encoding.lower(), sys.getfilesystemencoding())
