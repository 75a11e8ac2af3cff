import Exchange
import Hummingbird
import Kernel
import Schedules
import Storage
import Web

/// 任务中心: what somebody waits for, imports and exports above all; its progress, its result, and a way to stop it.
package struct TaskPages: Sendable {
    let services: LedgerServices

    @Sendable
    func list(_ request: Request, _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let tasks = try await services.tasks.tasks(of: principal, limit: 100)
        let rows = tasks.map { task in
            TableRow(
                id: String(task.id),
                [
                    "\(task.title)", "\(badge(task))", "\(progress(task))", "\(task.createdAt)", "\(task.endedAt)",
                    "\(task.message)",
                ], path: "/tasks/\(task.id)", actions: actions(task, isIconOnly: true))
        }
        let columns = [
            Web.Column("title", context.text("任务", "Task"), isWrapping: true), Web.Column("state", context.text("状态", "State")),
            Web.Column("progress", context.text("进度", "Progress"), align: .end),
            Web.Column("createdAt", context.text("提交时间", "Submitted")), Web.Column("endedAt", context.text("结束时间", "Ended")),
            Web.Column("message", context.text("结果", "Result"), isWrapping: true),
        ]
        var table = DataTable(id: "tasks", columns: columns, rows: rows, address: context.here, empty: context.text("还没有任务；导入和大批量导出会出现在这里", "No tasks yet"), hasTools: false)
        table.emptyAction = .empty
        // While something runs the table renews itself.
        let refresh: Markup =
            tasks.contains { !$0.state.isEnded }
            ? " hx-get=\"/tasks\" hx-trigger=\"every 2s\" hx-select=\"#task-list\" hx-target=\"this\" hx-swap=\"outerHTML\" hx-push-url=\"false\"" : .empty
        return Shell.page(
            context.text("任务中心", "Tasks"), crumbs: [Crumb(context.text("任务中心", "Tasks"))], active: "/tasks", body: "<div id=\"task-list\"\(refresh)>\(table)</div>",
            context: context)
    }

    @Sendable
    func show(_ request: Request, _ context: WebContext) async throws -> Response {
        let task = try await task(context)
        let fragment = panel(task, context)
        if context.here["part"] == "1" { return .html(fragment) }
        return Shell.page(
            task.title, crumbs: [Crumb(context.text("任务中心", "Tasks"), "/tasks"), Crumb(task.title)], active: "/tasks", body: "\(Card(body: fragment))", context: context)
    }

    /// The part of the page that renews itself while the task runs.
    func panel(_ task: LongTask, _ context: WebContext, next: Markup = .empty) -> Markup {
        let refresh = task.state.isEnded ? nil : "/tasks/\(task.id)?part=1"
        let facts = DescriptionList(
            [
                .init(context.text("状态", "State"), "\(badge(task))"), .init(context.text("提交人", "By"), "\(task.ownerName)"),
                .init(context.text("提交时间", "Submitted"), "\(task.createdAt)"),
                .init(context.text("结束时间", "Ended"), "\(task.endedAt)"),
            ])
        let bar = TaskProgress(
            id: "task-\(task.id)", task.title, done: task.progress, total: task.state == .done ? max(task.total ?? task.progress, 1) : task.total,
            note: "\(task.message)<div class=\"task-actions\">\(actions(task, isIconOnly: false))\(next)</div>\(facts)", refresh: refresh, tone: tone(task.state))
        return bar.markup
    }

    @Sendable
    func cancel(_ request: Request, _ context: WebContext) async throws -> Response {
        let id = try context.id()
        try await services.tasks.cancel(id, by: context.signedIn())
        return Shell.done(context.text("已取消任务", "Task cancelled"), to: "/tasks/\(id)", context: context)
    }

    @Sendable
    func file(_ request: Request, _ context: WebContext) async throws -> Response {
        let task = try await task(context)
        guard let blob = task.resultBlob, let bytes = try await services.blobs.read(blob) else { throw Failure.notFound("任务结果文件") }
        let name = task.resultName ?? "结果"
        let type = name.hasSuffix(".csv") ? SheetFormat.csv.mediaType : name.hasSuffix(".xlsx") ? SheetFormat.xlsx.mediaType : "application/octet-stream"
        return .download(bytes, filename: name, contentType: type)
    }

    private func task(_ context: WebContext) async throws -> LongTask {
        guard let task = try await services.tasks.task(context.id(), for: context.signedIn()) else { throw Failure.notFound("该任务") }
        return task
    }

    private func actions(_ task: LongTask, isIconOnly: Bool) -> Markup {
        var out = Markup.empty
        if task.resultBlob != nil {
            out +=
                "\(ActionButton("下载\(task.resultName ?? "结果")", .download("/tasks/\(task.id)/file"), icon: "download", style: isIconOnly ? .quiet : .primary, isIconOnly: isIconOnly))"
        }
        if !task.state.isEnded {
            out +=
                "\(ActionButton("取消任务", .post("/tasks/\(task.id)/cancel", confirm: "确认取消“\(task.title)”？"), icon: "x", style: isIconOnly ? .quiet : .plain, isIconOnly: isIconOnly))"
        }
        return out
    }

    private func progress(_ task: LongTask) -> String {
        switch task.state {
        case .done: task.total.map { Figure.grouped($0) } ?? ""
        default: task.percent.map { "\($0)%" } ?? (task.progress > 0 ? Figure.grouped(task.progress) : "")
        }
    }

    private func badge(_ task: LongTask) -> Badge { Badge(task.state.title, tone(task.state)) }

    private func tone(_ state: LongTask.State) -> Tone {
        switch state {
        case .queued: .neutral
        case .running: .info
        case .done: .good
        case .failed: .red
        case .cancelled: .muted
        }
    }
}
