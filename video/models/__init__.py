"""The tables of videos: who publishes them, what was made of them, and what is left to be done."""

from video.models.captions import Captions
from video.models.channels import Category, Channel
from video.models.comments import CommentBlock, CommentLike, VideoComment
from video.models.downloads import Download
from video.models.likes import VideoLike
from video.models.making import Step
from video.models.playlists import Playlist, PlaylistItem
from video.models.renditions import Part, Rendition
from video.models.videos import Video, VideoPerson, VideoTag
from video.models.watching import (
    DayFigure,
    HourFigures,
    Retention,
    Traffic,
    Viewing,
    WatchChoice,
    Watched,
)
from video.models.words import CaptionWords, VideoWords

__all__ = [
    "CaptionWords",
    "Captions",
    "Category",
    "Channel",
    "CommentBlock",
    "CommentLike",
    "DayFigure",
    "Download",
    "HourFigures",
    "Part",
    "Playlist",
    "PlaylistItem",
    "Rendition",
    "Retention",
    "Step",
    "Traffic",
    "Video",
    "VideoComment",
    "VideoLike",
    "VideoPerson",
    "VideoTag",
    "VideoWords",
    "Viewing",
    "WatchChoice",
    "Watched",
]
