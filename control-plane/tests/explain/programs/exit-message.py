import sys
sys.exit("No more lives")
