print(f"Hello {}")
