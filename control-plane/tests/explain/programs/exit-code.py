import sys
print("Bye")
sys.exit(3)
