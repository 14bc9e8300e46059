"""Areas that admit the map's error: from validation points and their sampling design to areas with intervals."""
