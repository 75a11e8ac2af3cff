import Hummingbird
import Identity
import Kernel
import Web

/// 全部台账: every ledger the reader may open, by group; those defined at run time are found here.
struct LedgerIndexPage: Sendable {
    let services: LedgerServices

    @Sendable
    func show(_ request: Request, _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let readable = services.engine.declarations.filter { principal.may($0.readPermission) }
        var groups: [String] = []
        for ledger in readable where !groups.contains(ledger.group) { groups.append(ledger.group) }
        let cards = groups.map { group -> Markup in
            let lines = readable.filter { $0.group == group }.map { ledger -> Markup in
                "<li><a href=\"/ledgers/\(ledger.name)\">\(Icon("list"))<span>\(context.text(ledger.title, ledger.titleEN ?? ledger.title))</span><small>\(ledger.id)</small></a></li>"
            }
            return "\(Card(group, body: "<ul class=\"link-list\">\(lines)</ul>"))"
        }
        let body: Markup =
            cards.isEmpty
            ? "\(EmptyState(context.text("您还没有可查看的台账", "No ledgers to read"), hint: context.text("请联系管理员分配权限", "Ask an administrator for rights")))" : "\(Grid(.thirds, cards))"
        return Shell.page(context.text("全部台账", "Ledgers"), crumbs: [Crumb(context.text("全部台账", "Ledgers"))], active: "/ledgers", body: body, context: context)
    }
}
