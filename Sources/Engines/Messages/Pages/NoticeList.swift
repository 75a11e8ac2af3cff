import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// What is done with the list of a published notice, and drawn signatures.
extension MessagePages {
    /// The field to draw in; the strokes go with the form.
    static let pad: Markup = """
        <div class="sign-pad" data-sign-pad><canvas width="600" height="200" aria-label="手写签名区，用键盘的请填写姓名"></canvas><input type="hidden" name="drawing">\
        <button class="btn btn-quiet" type="button">清除重写</button></div>
        """

    static func drawn(_ strokes: String?) -> Markup {
        guard let strokes else { return .empty }
        return "<svg class=\"sign-drawn\" viewBox=\"0 0 600 200\" role=\"img\" aria-label=\"手写签名\"><path d=\"\(strokes)\"/></svg>"
    }

    static func signing(_ context: WebContext) -> Markup {
        let assets = context.site.assets
        return "<link rel=\"stylesheet\" href=\"\(assets.path("chat.css"))\"><script type=\"module\" src=\"\(assets.path("signature.js"))\"></script>"
    }

    /// `GET /notices/{id}/people`.
    func listForm(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let notice = try await database.read { [engine] in try engine.notice(id, by: principal, in: $0).notice }
        guard notice.byId == principal.id else { throw Failure.forbidden("更新名单") }
        let fields = [
            FormField(
                "logins", "加入人员", .textArea(rows: 4), value: input?["logins"], isRequired: true, help: "登录名，空格、逗号或换行分隔；加入的人立即收到通知。移出请在名单里逐人操作，已签收的不能移出", isWide: true)
        ]
        let form = Form(action: "/notices/\(id)/people", sections: [FormSection(nil, fields)], cancel: "/notices/\(id)", findings: findings, context: context)
        return Shell.form(
            "更新名单", crumbs: [Crumb("通知公告", "/notices"), Crumb(notice.title, "/notices/\(id)"), Crumb("更新名单")], active: "/notices",
            form, context: context)
    }

    /// `POST /notices/{id}/people`.
    @Sendable
    func changeList(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        let logins = (input["logins"] ?? "").split { $0.isWhitespace || ",，;；、".contains($0) }.map(String.init)
        do {
            let changed = try await database.write { [engine] tx in try engine.changeList(id, joining: logins, leaving: [], by: principal, in: tx) }
            return Shell.done("已加入 \(changed.joined) 人", to: "/notices/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await listForm(context, input, failure.fields) }
    }

    /// `POST /notices/{id}/people/{user}/drop`.
    @Sendable
    func dropReceiver(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (id, user) = (try context.id(), try context.id("user"))
        let changed = try await database.write { [engine] tx in try engine.changeList(id, joining: [], leaving: [user], by: principal, in: tx) }
        return Shell.refreshed(changed.left == 1 ? "已移出" : "已签收的人不能移出", context: context, request: request)
    }

    /// `GET /notices/{id}/figures`: received, read and signed by organisation.
    @Sendable
    func exportFigures(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let (notice, receipts) = try await database.read { [engine] reader in
            (try engine.notice(id, by: principal, in: reader).notice, try engine.receipts(id, limit: 20_000, by: principal, in: reader))
        }
        let columns = ["单位", "接收人数", "已读", "已签收", "签收率"].map { SheetColumn($0) }
        let rows = Dictionary(grouping: receipts, by: \.orgName).sorted { $0.key < $1.key }.map { name, people -> [Cell] in
            let signed = people.filter { $0.signedAt != nil }.count
            return [
                Cell(name), Cell(people.count), Cell(people.filter { $0.readAt != nil }.count), Cell(signed),
                Cell(Figure.percent(Double(signed) / Double(max(people.count, 1)), digits: 1)),
            ]
        }
        return try await SheetAnswer(name: "签收统计-\(notice.title.prefix(20))", columns: columns, rows: rows).response(context, on: database)
    }
}
