import Kernel
import Storage
import Testing

@Suite("数据库变更")
struct MigratorTests {
    static let clock = Clock.fixed(Moment(seconds: 1_800_000_000))
    static let first = Migration("0001-first", [.createTable(ContractTables.notes)])
    static let second = Migration(
        "0002-figures", [.createTable(ContractTables.figures), .addColumn(table: "notes", Column("colour", .text)), .run("UPDATE notes SET colour = 'red'")])
    static var notesWithColour: Table {
        var table = ContractTables.notes
        table.columns.append(Column("colour", .text))
        return table
    }

    @Test("依次应用，重复运行无事，结构与声明一致", arguments: DatabaseUnderTest.all)
    func runs(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.open()
        #expect(try await Migrator([Self.first], clock: Self.clock).run(on: database, expecting: [ContractTables.notes]) == ["0001-first"])
        try await database.write { try $0.execute("INSERT INTO notes (title) VALUES ('x')") }
        let both = Migrator([Self.first, Self.second], clock: Self.clock)
        #expect(try await both.pending(on: database).map(\.id) == ["0002-figures"])
        #expect(try await both.run(on: database, expecting: [Self.notesWithColour, ContractTables.figures]) == ["0002-figures"])
        #expect(try await both.run(on: database) == [])
        #expect(try await database.read { try $0.first("SELECT colour FROM notes")?.text("colour") } == "red")
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let migrations: [Migration]
        let code: String
    }

    static let refusals: [Refusal] = [
        Refusal(testDescription: "编号重复", migrations: [first, second, Migration("0002-figures", [])], code: "JW-S010"),
        Refusal(testDescription: "编号倒序", migrations: [second, first], code: "JW-S010"),
        Refusal(testDescription: "补插旧编号", migrations: [first, Migration("0001-second", []), second], code: "JW-S010"),
        Refusal(testDescription: "改动已发布的变更", migrations: [Migration("0001-first", [.createTable(notesWithColour)]), second], code: "JW-S011"),
        Refusal(testDescription: "程序旧于数据库", migrations: [first], code: "JW-S012"),
    ]

    @Test("拒绝不合规的变更", arguments: DatabaseUnderTest.all, refusals)
    func refuses(_ kind: DatabaseUnderTest, _ refusal: Refusal) async throws {
        let database = try await kind.open()
        try await Migrator([Self.first, Self.second], clock: Self.clock).run(on: database)
        let failure = await #expect(throws: Failure.self) { try await Migrator(refusal.migrations, clock: Self.clock).run(on: database) }
        #expect(failure?.code == refusal.code)
    }

    @Test("失败的变更不留痕迹", arguments: DatabaseUnderTest.all)
    func failing(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.open()
        let wrong = Migration("0001-first", [.createTable(ContractTables.notes), .run("UPDATE nowhere SET x = 1")])
        await #expect(throws: Failure.self) { try await Migrator([wrong], clock: Self.clock).run(on: database) }
        #expect(try await Migrator([Self.first], clock: Self.clock).run(on: database, expecting: [ContractTables.notes]) == ["0001-first"])
    }

    @Test("结构不一致时逐条说明", arguments: DatabaseUnderTest.all)
    func differences(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.open()
        try await Migrator([Self.first], clock: Self.clock).run(on: database)
        try await database.create([Table("stray", columns: [Column("x", .text)])])
        var declared = ContractTables.notes
        declared.columns = [Column("title", .text), Column("weight", .text), Column("body", .blob), Column("new", .integer)]
        declared.indexes = [Index("title", unique: true), Index("created_at")]
        let failure = await #expect(throws: Failure.self) { try await SchemaCheck(declared: [declared, ContractTables.figures]).require(on: database) }
        #expect(failure?.code == "JW-S013")
        let lines = try await SchemaCheck(declared: [declared, ContractTables.figures]).differences(on: database)
        #expect(
            lines == [
                "column notes.title: required is true, declared false", "column notes.weight: kind is real, declared text", "column notes.new is missing",
                "column notes.created_at is not declared",
                "index idx_notes_created_at is missing or differs", "index idx_notes_created_at is not declared", "table figures is missing", "table stray is not declared",
            ])
    }

    @Test("差异成为可审阅的步骤")
    func diff() {
        let old = Migrator([Self.first]).tables
        var notes = Self.notesWithColour
        notes.indexes = [Index("title", unique: true)]
        let diff = SchemaDiff(from: old, to: [notes, ContractTables.figures])
        #expect(
            diff.steps == [
                .dropIndex(table: "notes", Index("created_at", where: "weight IS NOT NULL")), .addColumn(table: "notes", Column("colour", .text)),
                .createTable(ContractTables.figures),
            ])
        #expect(diff.obstacles.isEmpty)
        #expect(SchemaDiff(from: Migrator([Self.first, Self.second]).tables, to: [Self.notesWithColour, ContractTables.figures]).isEmpty)
        #expect(SchemaDiff(from: old, to: []).obstacles == ["table notes is no longer declared"])
    }

    @Test("步骤打印为源码")
    func source() {
        #expect(
            Migration(
                "0002-x",
                [.addColumn(table: "notes", Column("colour", .text, required: true, fallback: .text("a\"b"))), .createIndex(table: "notes", Index("a", "b", unique: true))]
            )
            .swiftSource(named: "migration0002") == """
                import Storage

                let migration0002 = Migration("0002-x", [
                    .addColumn(table: "notes", Column("colour", .text, required: true, fallback: .text("a\\"b"))),
                    .createIndex(table: "notes", Index("a", "b", unique: true)),
                ])

                """)
        #expect(SchemaStep.createTable(ContractTables.figures).swiftSource.contains("key: [\"place\", \"day\"],\n"))
    }

    @Test("两种数据库的建表语句")
    func rendering() {
        let passes = Table(
            "passes", columns: [Column("plate", .text, required: true), Column("passed_at", .integer)], indexes: [Index("plate", unique: true, where: "plate <> ''")],
            partitionedBy: "passed_at")
        #expect(
            SchemaStep.createTable(passes).statements(for: .sqlite) == [
                #"CREATE TABLE "passes" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "plate" TEXT NOT NULL, "passed_at" INTEGER) STRICT"#,
                #"CREATE UNIQUE INDEX "uq_passes_plate" ON "passes" ("plate") WHERE plate <> ''"#,
            ])
        #expect(
            SchemaStep.createTable(passes).statements(for: .postgres) == [
                #"CREATE TABLE "passes" ("id" BIGINT GENERATED BY DEFAULT AS IDENTITY, "plate" TEXT NOT NULL, "passed_at" BIGINT NOT NULL, PRIMARY KEY ("id", "passed_at")) PARTITION BY RANGE ("passed_at")"#,
                #"CREATE TABLE "passes_rest" PARTITION OF "passes" DEFAULT"#,
                #"CREATE UNIQUE INDEX "uq_passes_plate" ON "passes" ("plate", "passed_at") WHERE plate <> ''"#,
            ])
        #expect(
            SchemaStep.createTable(ContractTables.figures).statements(for: .sqlite) == [
                #"CREATE TABLE "figures" ("place" TEXT NOT NULL, "day" INTEGER NOT NULL, "sum" REAL NOT NULL, PRIMARY KEY ("place", "day")) WITHOUT ROWID, STRICT"#
            ])
    }
}
