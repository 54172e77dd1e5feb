price = float("cheap")
