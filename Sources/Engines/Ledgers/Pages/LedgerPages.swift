import Hummingbird
import Identity
import Kernel
import Web

/// Every page of every ledger under `/ledgers/{ledger}`, generated from the declarations; the JSON API stands in `LedgerAPI`.
package struct LedgerPages: Sendable {
    let services: LedgerServices

    package init(services: LedgerServices) { self.services = services }

    package func add(to routes: Routes) {
        let ledgers = LedgerRoutes(routes: routes, services: services).under("/ledgers/{ledger}")
        addLists(ledgers)
        addRecords(ledgers)
        addTransfers(ledgers)
        routes.get("/ledgers", permission: .signedIn, use: LedgerIndexPage(services: services).show)
        routes.get("/tasks", permission: .signedIn, use: TaskPages(services: services).list)
        routes.get("/tasks/{id}", permission: .signedIn, use: TaskPages(services: services).show)
        routes.post("/tasks/{id}/cancel", permission: .signedIn, use: TaskPages(services: services).cancel)
        routes.get("/tasks/{id}/file", permission: .signedIn, use: TaskPages(services: services).file)
        LedgerDesigner(services: services).add(to: routes)
    }

    private func addLists(_ ledgers: LedgerRoutes) {
        ledgers.get("", .read, use: ListPage.show)
        ledgers.get("/columns", .read, use: ColumnsPage.show)
        ledgers.post("/columns", .read, use: ColumnsPage.save)
        ledgers.get("/views/new", .read, use: SavedViewPages.ask)
        ledgers.post("/views", .read, use: SavedViewPages.save)
        ledgers.post("/views/{id}/delete", .read, use: SavedViewPages.remove)
        ledgers.get("/choices", .read, use: ChoiceRoutes.records)
        ledgers.get("/organisations", .read, use: ChoiceRoutes.organisations)
        ledgers.get("/print", .read, use: PrintPages.list)
        ledgers.get("/statistics", .read, use: StatisticsPage.show)
        ledgers.get("/statistics/file", .export, use: StatisticsPage.file)
        ledgers.post("/batch/delete", .delete, use: BatchPages.askDelete)
        ledgers.post("/batch/delete/confirm", .delete, act: .deletion, use: BatchPages.delete)
        ledgers.post("/batch/export", .export, use: BatchPages.export)
    }

    private func addRecords(_ ledgers: LedgerRoutes) {
        ledgers.get("/new", .write, use: FormPages.askNew)
        ledgers.post("/new", .write, use: FormPages.create)
        ledgers.get("/{id}", .read, use: DetailPage.show)
        ledgers.get("/{id}/edit", .write, use: FormPages.askEdit)
        ledgers.post("/{id}/edit", .write, use: FormPages.update)
        ledgers.get("/{id}/delete", .delete, use: DeletePages.ask)
        ledgers.post("/{id}/delete", .delete, act: .deletion, use: DeletePages.delete)
        ledgers.post("/{id}/restore", .delete, act: .deletion, use: DeletePages.restore)
        ledgers.get("/{id}/history", .read, use: HistoryPage.show)
        ledgers.post("/{id}/reveal", .reveal, act: .reveal, use: DetailPage.reveal)
        ledgers.get("/{id}/print", .read, use: PrintPages.record)
        ledgers.get("/{id}/tabs/{tab}", .read, use: DetailPage.tab)
        ledgers.get("/{id}/photos/{field}", .read, use: FileRoutes.photo)
        ledgers.get("/{id}/files/{field}/{sha}", .read, use: FileRoutes.file)
    }

    private func addTransfers(_ ledgers: LedgerRoutes) {
        ledgers.get("/export", .export, use: ExportPages.ask)
        ledgers.post("/export", .export, act: .massExport, use: ExportPages.start)
        ledgers.get("/export/file", .export, act: .massExport, use: ExportPages.file)
        ledgers.get("/import", .import, use: ImportPages.ask)
        ledgers.get("/import/template", .import, use: ImportPages.template)
        ledgers.post("/import", .import, use: ImportPages.upload)
        ledgers.get("/import/{id}", .import, use: ImportPages.show)
        ledgers.post("/import/{id}/run", .import, use: ImportPages.run)
        ledgers.get("/import/{id}/report", .import, use: ImportPages.report)
    }
}
