def primes_up_to(n):
    return [
        number
        for number in range(2, n)
        if all(number % divisor for divisor in range(2, int(number**0.5) + 1))
    ]
