import randon
