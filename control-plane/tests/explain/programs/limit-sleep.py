import time
print("Wait ...")
time.sleep(60)
