def double(n):
    retrun n * 2
