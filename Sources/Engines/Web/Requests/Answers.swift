import HTTPTypes
import Hummingbird
import Kernel
import NIOCore

extension HTTPField.Name {
    static func custom(_ name: String) -> HTTPField.Name {
        guard let made = HTTPField.Name(name) else { preconditionFailure("“\(name)” is not a header name") }
        return made
    }

    static let csrf = custom("X-CSRF")
    static let clearSiteData = custom("Clear-Site-Data")
    static let hxRequest = custom("HX-Request")
    static let hxTarget = custom("HX-Target")
    static let hxBoosted = custom("HX-Boosted")
    static let hxTrigger = custom("HX-Trigger")
    static let hxLocation = custom("HX-Location")
    static let hxRedirect = custom("HX-Redirect")
    static let forwardedFor = custom("X-Forwarded-For")
    static let frameOptions = custom("X-Frame-Options")
    static let referrerPolicy = custom("Referrer-Policy")
    static let permissionsPolicy = custom("Permissions-Policy")
    static let openerPolicy = custom("Cross-Origin-Opener-Policy")
    static let requestId = custom("X-Request-Id")
    static let fetchSite = custom("Sec-Fetch-Site")
}

extension Response {
    /// UTF-8 HTML as given (a fragment or a whole document).
    package static func html(_ markup: Markup, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: "text/html; charset=utf-8"], body: ResponseBody(byteBuffer: ByteBuffer(string: markup.html)))
    }

    package static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: "application/json; charset=utf-8"], body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.bytes)))
    }

    package static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: "text/plain; charset=utf-8"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// The whole window goes to another page, also from a dialog.
    package static func goes(to path: String, context: WebContext) -> Response {
        context.isPartial ? Response(status: .ok, headers: [.hxRedirect: path]) : .redirect(to: path, type: .normal)
    }

    /// A file to save; the name may be Chinese.
    package static func download(_ bytes: [UInt8], filename: String, contentType: String) -> Response {
        download(body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)), filename: filename, contentType: contentType)
    }

    /// A file to save, streamed.
    package static func download(body: ResponseBody, filename: String, contentType: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: contentType, .contentDisposition: "attachment; filename*=UTF-8''\(FormEncoding.encode(filename))", .cacheControl: "no-store"], body: body)
    }

    /// Bytes to show in place, such as a photo that only some may see.
    package static func bytes(_ bytes: [UInt8], contentType: String, cacheSeconds: Int = 0) -> Response {
        Response(
            status: .ok, headers: [.contentType: contentType, .cacheControl: cacheSeconds > 0 ? "private, max-age=\(cacheSeconds)" : "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// RFC 9457 problem details with the stable code, all findings and the request's id.
    package static func problem(_ failure: Failure, context: WebContext) -> Response {
        var members: [(name: String, value: JSONValue)] = [
            ("type", "about:blank"), ("title", .string(failure.kind.title)), ("status", .int(Int64(failure.status.code))), ("code", .string(failure.code)),
            ("detail", .string(failure.message)), ("requestId", .string(context.requestId)),
        ]
        if !failure.fields.isEmpty {
            members.append(
                ("fields", .array(failure.fields.map { ["field": .string($0.field), "title": .string($0.title), "code": .string($0.code), "message": .string($0.message)] })))
        }
        var response = Response.json(.object(JSONObject(members)), status: failure.status)
        response.headers[.contentType] = "application/problem+json; charset=utf-8"
        return response
    }

    /// Adds client events (`HX-Trigger`), as ASCII JSON; app.js listens for `jw:toast`, `jw:close-dialog`, `jw:refresh`.
    package mutating func trigger(_ events: [(name: String, value: JSONValue)]) {
        headers[.hxTrigger] = JSONValue.object(JSONObject(events)).asciiText
    }
}

extension JSONValue {
    /// JSON whose characters beyond ASCII are `\u` escapes, for headers.
    package var asciiText: String {
        var out = ""
        for unit in text.utf16 {
            if unit < 0x80, let scalar = Unicode.Scalar(unit) {
                out.unicodeScalars.append(scalar)
            } else {
                let hex = String(unit, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            }
        }
        return out
    }
}

extension Failure {
    /// Of its kind, but for the one that is about the method.
    package var status: HTTPResponse.Status { code == "JW-W405" ? .methodNotAllowed : kind.status }
}

extension Failure.Kind {
    /// The one table from kinds to HTTP statuses.
    package var status: HTTPResponse.Status {
        switch self {
        case .invalid: .unprocessableContent
        case .unauthenticated: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .conflict: .conflict
        case .tooLarge: .contentTooLarge
        case .tooMany: .tooManyRequests
        case .unavailable: .serviceUnavailable
        case .unexpected: .internalServerError
        }
    }

    package var title: String {
        switch self {
        case .invalid: "填写有误"
        case .unauthenticated: "尚未登录"
        case .forbidden: "没有权限"
        case .notFound: "未找到内容"
        case .conflict: "状态冲突"
        case .tooLarge: "内容过大"
        case .tooMany: "操作过于频繁"
        case .unavailable: "服务暂不可用"
        case .unexpected: "系统异常"
        }
    }
}
