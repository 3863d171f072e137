from django.urls import path, re_path

from video.library.thumbnails import NAME
from video.library.views import editing, lists, outside, showing, studio

urlpatterns = [
    path("videos/", lists.home, name="home"),
    path("videos/trending/", lists.trending, name="trending"),
    path("videos/search/", lists.search, name="search"),
    path("videos/feed.rss", outside.feed, name="feed"),
    path("videos/sitemap.xml", outside.sitemap, name="sitemap"),
    path("videos/sitemap-<int:number>.xml", outside.sitemap_page, name="sitemap-page"),
    path("videos/oembed", outside.oembed, name="oembed"),
    path("videos/mine/", studio.mine, name="mine"),
    path("videos/mine/change/", studio.change, name="change"),
    path("videos/mine/undo/", studio.undo, name="undo"),
    path("videos/mine/restore/", studio.restore, name="untrash"),
    path("videos/channels/", editing.own_channels, name="channels"),
    path("videos/channel/<slug:handle>/", lists.channel, name="channel"),
    path("videos/channel/<slug:handle>/edit/", editing.edit_channel, name="channel-edit"),
    path("videos/channel/<slug:handle>/feed.rss", outside.channel_feed, name="channel-feed"),
    path("videos/category/<slug:category_slug>/", lists.category, name="category"),
    path("videos/category/<slug:category_slug>/feed.rss", outside.category_feed, name="category-feed"),
    path("videos/tag/<path:tag_text>/", lists.tag, name="tag"),
    path("v/<slug:slug>/", showing.watch, name="watch"),
    path("v/<slug:slug>/unlock/", showing.unlock, name="unlock"),
    path("v/<slug:slug>/edit/", editing.edit, name="edit"),
    path("v/<slug:slug>/edit/picture/", editing.choose_picture, name="choose-picture"),
    path("v/<slug:slug>/qr.svg", showing.qr, name="qr"),
    re_path(rf"^v/(?P<slug>[-\w]+)/thumbnail/(?P<name>{NAME})$", showing.thumbnail, name="thumbnail"),
]
