from functools import wraps

from flask import Flask, abort, request
from flask_cors import CORS, cross_origin

app = Flask(__name__)


def token_required(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        if not request.headers.get('Authorization'):
            return {'error': 'no token'}, 401
        return view(*args, **kwargs)

    return wrapper


@app.get('/api/items')
@cross_origin()
@token_required
def items():
    return [{'id': 1}]


@app.put('/api/items/<int:pk>')
@token_required
@cross_origin()
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
