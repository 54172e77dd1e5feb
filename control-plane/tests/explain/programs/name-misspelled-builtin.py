pritn("Hello")
