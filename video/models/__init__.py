"""The tables of videos: who publishes them, what was made of them, and what is left to be done."""

from video.models.channels import Category, Channel
from video.models.making import Step
from video.models.renditions import Part, Rendition
from video.models.videos import Video, VideoPerson, VideoTag

__all__ = ["Category", "Channel", "Part", "Rendition", "Step", "Video", "VideoPerson", "VideoTag"]
