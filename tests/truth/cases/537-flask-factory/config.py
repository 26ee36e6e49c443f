import os


class Config:
    CORS_ORIGINS = [os.environ['APP_ORIGIN'], 'https://admin.example.com']
    CORS_SUPPORTS_CREDENTIALS = True
