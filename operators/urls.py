from django.urls import path

from operators import views

app_name = "operators"
urlpatterns = [
    path("", views.home, name="home"),
]
