import HTTPTypes
import Hummingbird
import Kernel
import Logging

/// Turns whatever was thrown into an answer its reader understands.
enum EdgeFailure {
    static func answer(_ error: any Error, request: Request, context: WebContext) -> Response {
        let failure = known(error, context)
        if failure.kind == .unexpected || failure.kind == .unavailable {
            context.logger.error("\(failure.code) \(failure.message)", metadata: ["cause": "\(failure.cause ?? "-")", "path": "\(context.here.path)"])
        }
        if context.wantsJSON { return .problem(failure, context: context) }
        if failure.code == "JW-W428" { return go(to: "/account/password", context) }
        if failure.code == "JW-W427" { return go(to: "/account/second", context) }
        if failure.code == "JW-W430" {
            let back = context.isPartial ? currentPath(request) : request.headers[.referer].flatMap(path(of:))
            return go(to: PageAddress("/account/confirm", ["next": back ?? "/"]).text, context)
        }
        if failure.kind == .unauthenticated, context.here.path != "/login" {
            let back = request.method == .get ? context.here.text : "/"
            return go(to: PageAddress("/login", ["next": context.isPartial ? currentPath(request) ?? back : back]).text, context)
        }
        // A dialog, a table or a button shows the problem as a toast and keeps what is on the page.
        if context.isPartial, context.partialTarget != "main" || request.method != .get { return .problem(failure, context: context) }
        return ErrorPage.page(failure, context: context)
    }

    private static func go(to path: String, _ context: WebContext) -> Response {
        context.isPartial ? Response(status: .unauthorized, headers: [.hxRedirect: path]) : .redirect(to: path)
    }

    /// The path of the page that htmx stands in.
    private static func currentPath(_ request: Request) -> String? {
        request.headers[.currentURL].flatMap(path(of:))
    }

    private static func path(of url: String) -> String? {
        guard let scheme = url.firstRange(of: "://"), let slash = url[scheme.upperBound...].firstIndex(of: "/") else { return nil }
        return String(url[slash...])
    }

    private static func known(_ error: any Error, _ context: WebContext) -> Failure {
        if let failure = error as? Failure { return failure }
        if let http = error as? HTTPError {
            switch http.status {
            case .notFound: return Failure(.notFound, "JW-W404", "您访问的页面不存在")
            case .methodNotAllowed: return Failure(.notFound, "JW-W405", "此地址不支持该操作")
            case .contentTooLarge: return Failure(.tooLarge, "JW-W413", "提交内容过大")
            case .badRequest, .unprocessableContent: return Failure(.invalid, "JW-W400", "请求内容有误", cause: http.body)
            default: break
            }
        }
        return Failure(.unexpected, "JW-W500", "系统处理时发生异常，请稍后重试；如反复出现，请把编号 \(context.requestId) 告知管理员", cause: String(describing: error))
    }
}

extension HTTPField.Name {
    static let currentURL = custom("HX-Current-URL")
}
