from datetime import timedelta

from flask import Flask, abort
from flask_cors import CORS

app = Flask(__name__)
CORS(app, origins='https://app.example.com', vary_header=False, max_age=timedelta(hours=1))


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
