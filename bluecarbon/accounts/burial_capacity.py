"""placeholder"""

account = None
