from flask import Flask, abort, Blueprint
from flask_cors import CORS

app = Flask(__name__)
api = Blueprint('api', __name__, url_prefix='/api')
CORS(api, origins='https://app.example.com')


@api.get('/items')
def items():
    return [{'id': 1}]


@api.put('/items/<int:pk>')
def item(pk):
    return {'id': pk}


@api.delete('/items/<int:pk>')
def remove(pk):
    return '', 204


@api.get('/boom')
def boom():
    raise RuntimeError('boom')


@api.get('/private')
def private():
    abort(401)


app.register_blueprint(api)
