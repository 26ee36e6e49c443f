from flask import Flask, abort, make_response, request
from flask_cors import CORS

app = Flask(__name__)


@app.before_request
def preflight():
    if request.method == 'OPTIONS':
        response = make_response('', 204)
        response.headers['Access-Control-Allow-Origin'] = request.headers.get('Origin', '')
        response.headers['Access-Control-Allow-Methods'] = 'GET, PUT'
        response.headers.add('Access-Control-Allow-Headers', 'Content-Type')
        return response


@app.after_request
def add(response):
    origin = request.headers.get('Origin')
    if origin in ('https://app.example.com', 'https://admin.example.com'):
        response.headers['Access-Control-Allow-Origin'] = origin
        response.headers['Vary'] = 'Origin'
    return response


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
