path = "C:\Users\ada"
