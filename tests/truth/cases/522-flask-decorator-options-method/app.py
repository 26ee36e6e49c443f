from flask import Flask, abort
from flask_cors import CORS, cross_origin

app = Flask(__name__)


@app.get('/api/items')
def items():
    return [{'id': 1}]


@app.route('/api/items/<int:pk>', methods=['PUT', 'OPTIONS'])
@cross_origin(methods=['PUT'], allow_headers=['Content-Type', 'Authorization'])
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
