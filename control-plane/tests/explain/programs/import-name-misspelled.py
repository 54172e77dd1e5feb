from random import randinnt
