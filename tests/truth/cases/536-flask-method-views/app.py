from flask import Flask, abort, Response, jsonify, request
from flask.views import MethodView
from flask_cors import CORS

app = Flask(__name__)
CORS(app, resources={'/api/items*': {'origins': '*', 'send_wildcard': True}})


class Items(MethodView):
    def get(self):
        return jsonify([])


class Item(MethodView):
    def put(self, pk):
        if not request.is_json:
            abort(415)
        return jsonify(pk=pk)

    def delete(self, pk):
        return Response(status=204)


app.add_url_rule('/api/items', view_func=Items.as_view('items'))
app.add_url_rule('/api/items/<int:pk>', view_func=Item.as_view('item'))
