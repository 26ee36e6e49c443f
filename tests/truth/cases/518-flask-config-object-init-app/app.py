from flask import Flask, abort
from flask_cors import CORS

app = Flask(__name__)
class Config:
    CORS_ORIGINS = ['https://app.example.com']
    CORS_MAX_AGE = 600


class Production(Config):
    CORS_ALLOW_HEADERS = ['Content-Type', 'X-Api-.*']


app.config.from_object(Production)
cors = CORS(supports_credentials=True)
cors.init_app(app, expose_headers=['X-Total'])


@app.get('/api/items')
def items():
    return [{'id': 1}]


@app.put('/api/items/<int:pk>')
def item(pk):
    return {'id': pk}


@app.delete('/api/items/<int:pk>')
def remove(pk):
    return '', 204


@app.get('/api/boom')
def boom():
    raise RuntimeError('boom')


@app.get('/api/private')
def private():
    abort(401)
