import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import MobileSources
import Storage
import Web

/// 门禁监管设置: targets, time limits and the thresholds of the analysis, every change audited.
struct GateSettingsPage: Sendable {
    let gates: GateSupervision

    func add(to routes: Routes) {
        routes.get("/gate-settings", permission: .named(GatePermission.settings), use: show)
        routes.post("/gate-settings", permission: .named(GatePermission.settings), use: Routes.guarded(.settingChange, save))
    }

    private var settings: GateSettings { GateSettings(gates: gates) }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let settings = settings
        let values = try await gates.database.read { reader in try settings.values(in: reader) }
        return page(values, [], .ok, context)
    }

    private func page(_ values: [String: String], _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ context: WebContext) -> Response {
        let transmission = GateSettings.numbers.map { setting in
            FormField(
                setting.name, setting.title, .number(step: setting.isWhole ? "1" : "0.001"), value: values[setting.name], isRequired: true, help: setting.help,
                unit: setting.unit.isEmpty ? nil : setting.unit,
                minimum: Figure.plain(setting.range.lowerBound), maximum: Figure.plain(setting.range.upperBound))
        }
        let filing = [
            FormField("approvesFilingsItself", "备案审核", .check("完整且一致的备案自动通过"), value: values["approvesFilingsItself"] == "1" ? "1" : nil, help: "关闭时全部由人工审核", isWide: true)
        ]
        let analytics = AnalyticsThresholds.settings.map { setting in
            FormField(
                setting.name, setting.title, .number(step: "any"), value: values[setting.name], isRequired: true, minimum: Figure.plain(setting.range.lowerBound),
                maximum: Figure.plain(setting.range.upperBound))
        }
        let form = Form(
            action: "/gate-settings", sections: [FormSection("传输与在线", transmission), FormSection("备案", filing), FormSection("数据研判（异常预警规则）", analytics)], submit: "保存设置",
            findings: findings, context: context)
        let history = ActionButton("修改记录", .link("/audit?objectKind=gateSetting"), icon: "history", style: .quiet)
        return Shell.page(
            "门禁监管设置", crumbs: [Crumb("系统"), Crumb("门禁监管设置")], active: "/gate-settings", actions: context.may("audit.read") ? "\(history)" : .empty, status: status,
            body: "\(Card(body: "\(form)"))", context: context)
    }

    @Sendable func save(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        var values: [String: String] = ["approvesFilingsItself": input["approvesFilingsItself"] == "1" ? "1" : "0"]
        for name in GateSettings.numbers.map(\.name) + AnalyticsThresholds.settings.map(\.name) { values[name] = input[name] ?? "" }
        do {
            try await settings.save(values, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return page(values, failure.fields, .unprocessableContent, context)
        }
        return Shell.done("设置已保存", to: "/gate-settings", context: context)
    }
}
