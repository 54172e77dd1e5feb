print("Result:" 5)
