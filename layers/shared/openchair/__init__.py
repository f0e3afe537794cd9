"""OpenChair: finds open chairs and books them in the software a dental practice lives in."""
