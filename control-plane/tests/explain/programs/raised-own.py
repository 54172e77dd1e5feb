class TooOld(Exception):
    pass
raise TooOld("you are 99")
