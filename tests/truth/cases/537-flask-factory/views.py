from flask import Blueprint, abort, jsonify

bp = Blueprint('items', __name__)


@bp.route('/items')
def items():
    return jsonify([])


@bp.route('/items/<int:pk>', methods=['PUT', 'DELETE'])
def item(pk):
    return jsonify(pk=pk)


@bp.route('/private')
def private():
    abort(401, description='no')
