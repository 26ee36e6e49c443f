from flask import Flask, abort, jsonify
from flask_cors import CORS

app = Flask(__name__)
CORS(app)


@app.errorhandler(404)
def missing(error):
    return jsonify(error='not found'), 404


@app.errorhandler(401)
def unauthorized(error):
    response = jsonify(error=str(error))
    response.status_code = 401
    return response


@app.errorhandler(Exception)
def failed(error):
    return {'error': 'failed'}, 503


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
