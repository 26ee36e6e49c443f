from flask import Flask, abort
from flask_cors import CORS, cross_origin

app = Flask(__name__)


@app.get('/api/items')
@cross_origin(origins=['https://app.example.com'], supports_credentials=True)
def items():
    return [{'id': 1}]


@app.put('/api/items/<int:pk>')
@cross_origin()
def item(pk):
    return {'id': pk}


@app.delete('/api/items/<int:pk>')
def remove(pk):
    return '', 204


@app.get('/api/boom')
@cross_origin()
def boom():
    raise RuntimeError('boom')


@app.get('/api/private')
@cross_origin()
def private():
    abort(401)
