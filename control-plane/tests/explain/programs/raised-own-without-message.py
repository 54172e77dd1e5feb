class GameOver(Exception):
    pass
def play():
    raise GameOver()
play()
