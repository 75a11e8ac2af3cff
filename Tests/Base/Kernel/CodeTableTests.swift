import Kernel
import Testing

@Suite("国家标准代码表")
struct CodeTableTests {
    struct Table: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let items: [CodeItem]
        let count: Int
    }

    static let tables: [Table] = [
        Table(testDescription: "号牌颜色", items: PlateColor.all, count: 7), Table(testDescription: "号牌种类", items: PlateKind.all, count: 35),
        Table(testDescription: "排放阶段", items: EmissionStage.all, count: 9), Table(testDescription: "燃料种类", items: FuelCode.all, count: 21),
        Table(testDescription: "车辆类型", items: VehicleTypeCode.all, count: 219), Table(testDescription: "使用性质", items: UseNature.all, count: 22),
        Table(testDescription: "车辆种类", items: VehicleClass.all, count: 5), Table(testDescription: "预警级别", items: WarningLevel.all, count: 4),
        Table(testDescription: "绩效分级", items: PerformanceGrade.all, count: 10), Table(testDescription: "重点行业", items: Industry.all, count: 39),
        Table(testDescription: "行政区划", items: Region.all, count: 34 + 11 + 190), Table(testDescription: "燃料分组", items: FuelGroup.all, count: 5),
    ]

    @Test(arguments: tables)
    func everyRowOnceAndNamed(_ table: Table) {
        #expect(table.items.count == table.count)
        #expect(Set(table.items.map(\.code)).count == table.items.count)
        for item in table.items {
            #expect(!item.title.isEmpty && !item.titleEN.isEmpty)
            #expect(item.titleEN.utf8.allSatisfy { $0 < 128 })
        }
    }

    @Test func unknownCodesShowThemselves() { #expect(UseNature.all.title(of: "?") == "?") }

    @Test(arguments: [
        (EmissionStage.five, EmissionStage.four, true as Bool?), (.five, .five, true), (.four, .five, false), (.electric, .six, true), (.unknown, .zero, nil),
        (.six, .unknown, nil),
    ])
    func stages(_ stage: EmissionStage, _ minimum: EmissionStage, _ meets: Bool?) { #expect(stage.meets(minimum) == meets) }

    @Test(arguments: [
        ("5", EmissionStage.five as EmissionStage?), ("国五", .five), ("国V", .five), ("国Ⅵ", .six), ("国VIb", .six), ("国六a", .six), ("国 4", .four), ("d", .electric),
        ("纯电动", .electric),
        ("未知", .unknown), ("国七", nil), ("", nil), ("欧五", nil),
    ])
    func stageTexts(_ text: String, _ stage: EmissionStage?) { #expect(EmissionStage(text: text) == stage) }

    @Test(arguments: [
        ("B", FuelGroup.diesel, true), ("BE", .diesel, true), ("BO", .diesel, true), ("A", .petrol, true), ("AC", .petrol, true), ("C", .electric, true), ("E", .gas, true),
        ("F", .gas, true), ("O", .other, true), ("Y", .other, true), ("A1", .petrol, false), ("P", .other, false), ("", .other, false),
    ])
    func fuels(_ code: String, _ group: FuelGroup, _ isKnown: Bool) {
        #expect(FuelCode(normalizing: code).group == group)
        #expect(FuelCode(normalizing: code).isKnown == isKnown)
    }

    @Test(arguments: [
        ("H11", "重型普通货车", true, VehicleSize.heavy as VehicleSize?), ("Q11", "重型半挂牵引车", true, .heavy), ("H17", "重型自卸货车", true, .heavy), ("Z52", "重型载货专项作业车", true, .heavy),
        ("Z51", "重型专项作业车", true, .heavy), ("H31", "轻型普通货车", false, .light), ("H21", "中型普通货车", false, .medium), ("K33", "小型轿车", false, .small),
        ("B11", "重型普通半挂车", false, .heavy), ("X99", "其他", false, nil), ("H1Z", "H1Z", true, .heavy), ("H41", "微型普通货车", false, .mini),
    ])
    func vehicleTypes(_ code: String, _ title: String, _ isHeavy: Bool, _ size: VehicleSize?) {
        let type = VehicleTypeCode(normalizing: code)
        #expect(type.title == title)
        #expect(type.isHeavyGoods == isHeavy)
        #expect(type.size == size)
        #expect(type.isWellFormed)
    }

    @Test(arguments: ["", "H1", "H111", "1H1", "HH1", "h-1"]) func malformedTypes(_ code: String) { #expect(!VehicleTypeCode(normalizing: code).isWellFormed) }

    @Test func trailersAndPassengers() {
        #expect(VehicleTypeCode(normalizing: "B11").isTrailer)
        #expect(VehicleTypeCode(normalizing: "K11").isPassenger)
        #expect(VehicleTypeCode(normalizing: "Z12").isGoods)
        #expect(!VehicleTypeCode(normalizing: "Z11").isGoods)
    }

    @Test func warningLevelsRise() {
        #expect(WarningLevel.allCases == WarningLevel.allCases.sorted())
        #expect(WarningLevel.orange.response == "Ⅱ级")
    }

    @Test func industries() {
        #expect(Industry.find("钢铁")?.code == "01")
        #expect(Industry.find("39")?.title == "制鞋")
        #expect(Industry.find("港口")?.code == "84")
        #expect(Industry.find("?") == nil)
        #expect(PerformanceGrade.isKnown("B-"))
        #expect(UseNature.isKnown("F"))
    }
}

@Suite("GB/T 2260 行政区划")
struct RegionTests {
    @Test(arguments: [
        ("130102", "长安区", "石家庄市长安区", Region.Level.county), ("130100", "石家庄市", "石家庄市", .city), ("130000", "河北省", "河北省", .province),
        ("130225", "乐亭县", "唐山市乐亭县", .county), ("130171", "高新技术产业开发区", "石家庄市高新技术产业开发区", .county),
    ])
    func known(_ code: String, _ title: String, _ path: String, _ level: Region.Level) throws {
        let region = try #require(Region(code: code))
        #expect(region.isKnown && region.title == title && region.path == path && region.level == level)
    }

    @Test(arguments: ["130124", "130182", "110105", "440524"]) func retiredOrElsewhere(_ code: String) throws {
        let region = try #require(Region(code: code))
        #expect(!region.isKnown && region.title == code)
    }

    @Test(arguments: ["", "13010", "1301022", "13010A", "990000", "130002", "１３０１０２"]) func malformed(_ code: String) { #expect(Region(code: code) == nil) }

    @Test func everyCountyHasAKnownCity() throws {
        for item in Region.counties { #expect(try #require(Region(code: item.code)).parent?.isKnown == true) }
    }

    @Test func containment() throws {
        let hebei = try #require(Region(code: "130000")), shijiazhuang = try #require(Region(code: "130100")), chang = try #require(Region(code: "130102"))
        #expect(hebei.contains(shijiazhuang) && shijiazhuang.contains(chang) && !chang.contains(shijiazhuang) && chang.contains(chang))
        #expect(chang.parent == shijiazhuang && shijiazhuang.parent == hebei && hebei.parent == nil)
        #expect(hebei.children.count == 11 && shijiazhuang.children.count == 24 && chang.children.isEmpty)
        #expect(try #require(Region(code: "130171")).isStatistical && !chang.isStatistical)
    }
}
