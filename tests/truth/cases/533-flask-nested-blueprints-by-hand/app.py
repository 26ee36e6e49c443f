from flask import Flask, abort, Blueprint, jsonify, make_response, request
from flask_cors import CORS

app = Flask(__name__)
v1 = Blueprint('v1', __name__, url_prefix='/api')
child = Blueprint('child', __name__, url_prefix='/items')


@child.before_request
def only_json():
    if request.headers.get('X-Api-Key'):
        return 'no', 403


@child.get('')
def items():
    response = make_response(jsonify([]))
    response.access_control_allow_origin = '*'
    return response


@child.route('/<int:pk>', methods=['PUT', 'DELETE'])
def item(pk):
    return jsonify(pk=pk), 202, {'Access-Control-Allow-Origin': '*'}


@v1.after_app_request
def add(response):
    response.headers.setdefault('X-Frame-Options', 'DENY')
    if request.method == 'OPTIONS':
        response.headers.extend({'Access-Control-Allow-Methods': 'PUT'})
    return response


v1.register_blueprint(child)
app.register_blueprint(v1)
