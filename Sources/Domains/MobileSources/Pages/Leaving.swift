import HTTPTypes
import Hummingbird
import Kernel
import Web

extension Shell {
    /// After a change in the dialog whose result is a page of its own: closes the dialog by going there.
    package static func leave(to path: String, message: String, context: WebContext) -> Response {
        guard context.isDialog, let location = HTTPField.Name("HX-Location") else { return Shell.done(message, to: path, context: context) }
        var response = Response(status: .ok)
        response.trigger([("jw:toast", ["text": .string(message), "tone": "good"]), ("jw:close-dialog", true)])
        response.headers[location] = (["path": .string(path), "target": "#main", "swap": "outerHTML show:window:top"] as JSONValue).asciiText
        return response
    }
}
