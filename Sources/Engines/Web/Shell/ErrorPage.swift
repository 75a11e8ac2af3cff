import HTTPTypes
import Hummingbird
import Kernel

/// What went wrong, what one can do, and the number to quote.
enum ErrorPage {
    static func page(_ failure: Failure, context: WebContext) -> Response {
        let icon =
            switch failure.kind {
            case .forbidden, .unauthenticated: "lock"
            case .notFound: "compass"
            default: "alert"
            }
        let findings = failure.fields.map { field -> Markup in "<li>\(field.title)：\(field.message)</li>" }
        let body: Markup = """
            <div class="error-page"><div class="error-mark">\(Icon(icon))</div>\(context.principal == nil ? "<h1>\(failure.kind.title)</h1>" : "<p class=\"error-title\">\(failure.kind.title)</p>" as Markup)<p class="error-text">\(failure.message)</p>\
            \(Markup.when(!findings.isEmpty, "<ul class=\"error-list\">\(findings)</ul>"))\
            <p class="error-actions"><a class="btn btn-primary" href="\(context.site.settings.homePath)">\(context.text("返回首页", "Home"))</a>\
            <button type="button" class="btn btn-plain" data-back>\(context.text("返回上一页", "Back"))</button></p>\
            <p class="error-code">\(context.text("错误代码", "Code")) <code>\(failure.code)</code>　\(context.text("请求编号", "Request")) <code>\(context.requestId)</code></p></div>
            """
        return Shell.page(failure.kind.title, status: failure.status, layout: context.principal == nil ? .bare : .standard, hasHead: false, body: body, context: context)
    }
}
