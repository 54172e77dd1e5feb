def primes_up_to(n):
    primes = []
    # Fill the list.
    return primes
