import Hummingbird
import Kernel
import Storage
import Web

/// 选择列: which columns a reader's list shows, remembered for the reader.
enum ColumnsPage {
    @Sendable
    static func show(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let preference = try await desk.database.read { try ListPreference.read(desk, in: $0) }
        let chosen = ListColumns(desk: desk, address: PageAddress(desk.path), remembered: preference.columns).names
        let choices = ListColumns.offered(desk).map { Choice($0.name, $0.title) }
        let fields = [
            FormField(
                "columns", desk.context.text("显示的列", "Columns"), .multiSelect(choices), values: chosen,
                help: desk.context.text("全部取消后保存，恢复默认列", "Choose none to restore the default"), isWide: true)
        ]
        let form = Form(action: "\(desk.path)/columns", sections: [FormSection(nil, fields)], cancel: desk.path, context: desk.context)
        return Shell.page(
            desk.context.text("选择列", "Columns"), crumbs: [Crumb(desk.title, desk.path), Crumb(desk.context.text("选择列", "Columns"))], active: desk.path,
            body: Shell.framed(form, desk.context), context: desk.context)
    }

    @Sendable
    static func save(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let input = try await request.form(desk.context)
        let offered = Set(ListColumns.offered(desk).map(\.name))
        let chosen = input.all("columns").filter(offered.contains)
        let preference = ListPreference(columns: chosen.isEmpty ? nil : chosen)
        try await desk.database.write { try preference.write(desk, in: $0) }
        return Shell.done(desk.context.text("已保存列设置", "Columns saved"), to: desk.path, context: desk.context)
    }
}
