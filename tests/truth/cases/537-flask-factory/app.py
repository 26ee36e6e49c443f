from flask import Flask

from config import Config
from extensions import cors
from views import bp


def create_app(config=Config):
    app = Flask(__name__)
    app.config.from_object(config)
    cors.init_app(app, resources={r'/api/*': {}})
    app.register_blueprint(bp, url_prefix='/api')
    return app


app = create_app()
