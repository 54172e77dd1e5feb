# Right, but far too slow for the largest n.
def primes_up_to(n):
    primes = []
    for number in range(2, n + 1):
        if all(number % divisor for divisor in range(2, number)):
            primes.append(number)
    return primes
