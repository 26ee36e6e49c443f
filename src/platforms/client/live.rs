//! Connections that stay open: WebSockets and what libraries build on them.
//!
//! In: the name of a call and its arguments. Out: a request with the address. WebSockets are not under CORS; socket.io, SockJS and
//! SignalR begin with plain requests, which are. Sources: <https://socket.io/docs/v4/client-api/#iourl>,
//! <https://the-guild.dev/graphql/ws/docs/interfaces/client.ClientOptions>, <https://github.com/sockjs/sockjs-client>,
//! <https://learn.microsoft.com/aspnet/core/signalr/javascript-client>.

use super::super::values::option;
use super::{options, text};
use crate::eval::Interp;
use crate::eval::value::Value;
use crate::model::client::{Base, ClientRequest, ClientUrl};
use crate::model::origin::Url;

/// How a connection is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Live {
    /// The library, in the words of messages.
    pub(super) library: &'static str,
    /// The option that holds the address; it is the first argument where there is none.
    option: Option<&'static str>,
}

const fn live(library: &'static str, option: Option<&'static str>) -> Option<Live> {
    Some(Live { library, option })
}

/// The connection that a call of this name opens.
pub(super) fn opened(path: &str) -> Option<Live> {
    match path {
        "npm:socket.io-client" | "npm:socket.io-client.io" | "npm:socket.io-client.connect" | "js:io" => {
            live("socket.io", None)
        }
        "npm:sockjs-client" | "npm:sockjs-client/dist/sockjs" => live("SockJS", None),
        "npm:@microsoft/signalr.HubConnectionBuilder().withUrl" => live("SignalR", None),
        "js:WebSocket"
        | "npm:reconnecting-websocket"
        | "npm:react-use-websocket"
        | "npm:react-use-websocket.useWebSocket"
        | "npm:websocket.w3cwebsocket"
        | "npm:isomorphic-ws"
        | "npm:subscriptions-transport-ws.SubscriptionClient" => live("WebSocket", None),
        "npm:apollo-link-ws.WebSocketLink" | "npm:@apollo/client/link/ws.WebSocketLink" => {
            live("WebSocket", Some("uri"))
        }
        "npm:graphql-ws.createClient" => live("WebSocket", Some("url")),
        "npm:@stomp/stompjs.Client" => live("WebSocket", Some("brokerURL")),
        _ => None,
    }
}

/// What such a call says of its address; nothing where somebody else opens the connection.
pub(super) fn open(run: &Interp<'_>, live: Live, args: &[Value], request: &mut ClientRequest) -> Option<()> {
    let first = args.first()?;
    let address = match live.option {
        Some(name) => option(first, name).filter(|value| !value.is_nullish())?,
        None => first.clone(),
    };
    request.urls = text::urls(run, &address);
    if live.library == "WebSocket" {
        // A path, or an address with the scheme of HTTP, goes where the page came from or is brought to the other scheme.
        request.urls.retain(is_for_websockets);
    } else {
        options::apply_with_credentials(args.get(1), request);
    }
    (!request.urls.is_empty()).then_some(())
}

fn is_for_websockets(url: &ClientUrl) -> bool {
    let known = |url: &Url| matches!(&*url.scheme, "ws" | "wss" | "http" | "https");
    matches!(&url.base, Base::Absolute { url, .. } if known(url))
}
