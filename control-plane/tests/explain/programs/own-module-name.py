from helpers import subtract
