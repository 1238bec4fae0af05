package sri

// grammar is what the vouchers consist of, all versions together: the facts of the ficha técnica,
// in a form of our own. One line holds siblings, separated by ";"; deeper lines are children. A
// name is followed by ? (may be absent), + (one or more) or * (any number), and by the type of its
// content or "=block". Types:
//
//	text300      1 to 300 characters, no line feed
//	n9, n1-4     digits, that many
//	dec14.2      a decimal of at most 14 digits, 2 of them behind the point, not negative
//	dec14.2-     the same, perhaps negative
//	quantity     dec14.2 in versions ending in 0.0, else dec18.6
//	date, month  dd/mm/aaaa, mm/aaaa
//	number       001-001-000000001
//	ruc          13 digits ending in 001
//	alnum3-13    letters and digits
//	SI|NO        one of these
//	any          not looked into
//
// A name with ~ may stand anywhere among its siblings.
const grammar = `
=infoTributaria
 ambiente 1|2; tipoEmision 1|2; razonSocial text300; nombreComercial? text300; ruc ruc
 claveAcceso n49; codDoc n2; estab n3; ptoEmi n3; secuencial n9; dirMatriz text300
 agenteRetencion? n1-8; contribuyenteRimpe? text300
=compensaciones
 compensacion+
  codigo 1; tarifa dec4.2; valor dec14.2
=pagos
 pago+
  formaPago n2; total dec14.2; plazo? dec14.2; unidadTiempo? text10
=detallesAdicionales
 detAdicional+ any
=maquinaFiscal
 marca text30; modelo text30; serie text30
=infoAdicional
 campoAdicional+ text300
factura
 infoTributaria=infoTributaria
 infoFactura
  fechaEmision date; dirEstablecimiento? text300; contribuyenteEspecial? alnum3-13
  obligadoContabilidad? SI|NO; comercioExterior? EXPORTADOR; incoTermFactura? text10
  lugarIncoTerm? text300; paisOrigen? n3; puertoEmbarque? text300; puertoDestino? text300
  paisDestino? n3; paisAdquisicion? n3; tipoIdentificacionComprador 04|05|06|07|08
  guiaRemision? number; razonSocialComprador text300; identificacionComprador text20
  direccionComprador? text300; totalSinImpuestos dec14.2; totalSubsidio? dec14.2
  incoTermTotalSinImpuestos? text10; totalDescuento dec14.2-; codDocReembolso? n2-3
  totalComprobantesReembolso? dec14.2; totalBaseImponibleReembolso? dec14.2
  totalImpuestoReembolso? dec14.2
  totalConImpuestos
   totalImpuesto+
    codigo 2|3|5; codigoPorcentaje n1-4; descuentoAdicional? dec14.2-; baseImponible dec14.2
    tarifa? dec4.2; valor dec14.2; valorDevolucionIva? dec14.2
  compensaciones?=compensaciones; propina? dec14.2; fleteInternacional? dec14.2
  seguroInternacional? dec14.2; gastosAduaneros? dec14.2; gastosTransporteOtros? dec14.2
  importeTotal dec14.2; moneda? text15; placa? text20; pagos?=pagos; valorRetIva? dec14.2
  valorRetRenta? dec14.2
 detalles
  detalle+
   codigoPrincipal? text25; codigoAuxiliar? text25; descripcion text300; unidadMedida? text50
   cantidad quantity; precioUnitario quantity; precioSinSubsidio? quantity; descuento dec14.2
   precioTotalSinImpuesto dec14.2; detallesAdicionales?=detallesAdicionales
   impuestos
    impuesto+
     codigo 2|3|5; codigoPorcentaje n1-4; tarifa dec4.2; baseImponible dec14.2; valor dec14.2
 reembolsos?
  reembolsoDetalle+
   tipoIdentificacionProveedorReembolso 04|05|06|07|08; identificacionProveedorReembolso text20
   codPaisPagoProveedorReembolso? n3; tipoProveedorReembolso 01|02; codDocReembolso n2-3
   estabDocReembolso n3; ptoEmiDocReembolso n3; secuencialDocReembolso n9
   fechaEmisionDocReembolso date; numeroautorizacionDocReemb n10-49
   detalleImpuestos
    detalleImpuesto+
     codigo 2|3|5; codigoPorcentaje n1-4; tarifa dec4.2; baseImponibleReembolso dec14.2
     impuestoReembolso dec14.2
   compensacionesReembolso?
    compensacionReembolso+
     codigo 1; tarifa dec4.2; valor dec14.2
 infoSustitutivaGuiaRemision~?
  dirPartida text300; dirDestinatario text300; fechaIniTransporte date; fechaFinTransporte date
  razonSocialTransportista text300; tipoIdentificacionTransportista 04|05|06|07|08
  rucTransportista text20; placa text20
  destinos
   destino+
    motivoTraslado text300; docAduaneroUnico? text64; codEstabDestino? n3; ruta? text300
 otrosRubrosTerceros~?
  rubro+
   concepto text300; total dec14.2
 retenciones~?
  retencion+
   codigo 4; codigoPorcentaje n1-3; tarifa dec5.2; valor dec14.2
 tipoNegociable?
  correo text100
 maquinaFiscal?=maquinaFiscal; infoAdicional?=infoAdicional
liquidacionCompra
 infoTributaria=infoTributaria
 infoLiquidacionCompra
  fechaEmision date; dirEstablecimiento? text300; contribuyenteEspecial? alnum3-13
  obligadoContabilidad? SI|NO; tipoIdentificacionProveedor 04|05|06|07|08
  razonSocialProveedor text300; identificacionProveedor text20; direccionProveedor? text300
  totalSinImpuestos dec14.2; totalDescuento dec14.2-; codDocReembolso? n2-3
  totalComprobantesReembolso? dec14.2; totalBaseImponibleReembolso? dec14.2
  totalImpuestoReembolso? dec14.2
  totalConImpuestos
   totalImpuesto+
    codigo 2; codigoPorcentaje n1-4; descuentoAdicional? dec14.2-; baseImponible dec14.2
    tarifa? dec4.2; valor dec14.2
  importeTotal dec14.2; moneda? text15; pagos?=pagos
 detalles
  detalle+
   codigoPrincipal? text25; codigoAuxiliar? text25; descripcion text300; unidadMedida? text50
   cantidad quantity; precioUnitario quantity; precioSinSubsidio? quantity; descuento dec14.2
   precioTotalSinImpuesto dec14.2; detallesAdicionales?=detallesAdicionales
   impuestos
    impuesto+
     codigo 2; codigoPorcentaje n1-4; tarifa dec4.2; baseImponible dec14.2; valor dec14.2
 reembolsos?
  reembolsoDetalle+
   tipoIdentificacionProveedorReembolso 04|05|06|07|08; identificacionProveedorReembolso text20
   codPaisPagoProveedorReembolso? n3; tipoProveedorReembolso 01|02; codDocReembolso n2-3
   estabDocReembolso n3; ptoEmiDocReembolso n3; secuencialDocReembolso n9
   fechaEmisionDocReembolso date; numeroautorizacionDocReemb n10-49
   detalleImpuestos
    detalleImpuesto+
     codigo 2|3|5; codigoPorcentaje n1-4; tarifa dec4.2; baseImponibleReembolso dec14.2
     impuestoReembolso dec14.2
 tipoNegociable?
  correo text100
 maquinaFiscal?=maquinaFiscal; infoAdicional?=infoAdicional
notaCredito
 infoTributaria=infoTributaria
 infoNotaCredito
  fechaEmision date; dirEstablecimiento? text300; tipoIdentificacionComprador 04|05|06|07|08
  razonSocialComprador text300; identificacionComprador text20; contribuyenteEspecial? alnum3-13
  obligadoContabilidad? SI|NO; rise? text40; codDocModificado n2; numDocModificado number
  fechaEmisionDocSustento date; totalSinImpuestos dec14.2; compensaciones?=compensaciones
  valorModificacion dec14.2; moneda? text15
  totalConImpuestos
   totalImpuesto+
    codigo 2|3|5; codigoPorcentaje n1-4; baseImponible dec14.2; valor dec14.2
    valorDevolucionIva? dec14.2
  motivo text300
 detalles
  detalle+
   codigoInterno? text25; codigoAdicional? text25; descripcion text300; cantidad quantity
   precioUnitario quantity; descuento? dec14.2; precioTotalSinImpuesto dec14.2
   detallesAdicionales?=detallesAdicionales
   impuestos
    impuesto*
     codigo 2|3|5; codigoPorcentaje n1-4; tarifa? dec4.2; baseImponible dec14.2; valor dec14.2
 maquinaFiscal?=maquinaFiscal; infoAdicional?=infoAdicional
notaDebito
 infoTributaria=infoTributaria
 infoNotaDebito
  fechaEmision date; dirEstablecimiento? text300; tipoIdentificacionComprador 04|05|06|07|08
  razonSocialComprador text300; identificacionComprador text20; contribuyenteEspecial? alnum3-13
  obligadoContabilidad? SI|NO; rise? text40; codDocModificado n2; numDocModificado number
  fechaEmisionDocSustento date; totalSinImpuestos dec14.2-
  impuestos
   impuesto+
    codigo 2|3|5; codigoPorcentaje n1-4; tarifa dec4.2; baseImponible dec14.2; valor dec14.2
    valorDevolucionIva? dec14.2
  compensaciones?=compensaciones; valorTotal dec14.2; pagos*=pagos
 motivos
  motivo+
   razon text300; valor dec14.2
 maquinaFiscal?=maquinaFiscal; infoAdicional?=infoAdicional
guiaRemision
 infoTributaria=infoTributaria
 infoGuiaRemision
  dirEstablecimiento? text300; dirPartida text300; razonSocialTransportista text300
  tipoIdentificacionTransportista 04|05|06|07|08; rucTransportista text20; rise? text40
  obligadoContabilidad? SI|NO; contribuyenteEspecial? alnum3-13; fechaIniTransporte date
  fechaFinTransporte date; placa text20
 destinatarios
  destinatario+
   identificacionDestinatario text20; razonSocialDestinatario text300; dirDestinatario text300
   motivoTraslado text300; docAduaneroUnico? text20; codEstabDestino? n3; ruta? text300
   codDocSustento? n2; numDocSustento? number; numAutDocSustento? n10-49
   fechaEmisionDocSustento? date
   detalles
    detalle+
     codigoInterno? text25; codigoAdicional? text25; descripcion text300; cantidad quantity
     detallesAdicionales?
      detAdicional* any
 maquinaFiscal?=maquinaFiscal; infoAdicional?=infoAdicional
comprobanteRetencion
 infoTributaria=infoTributaria
 infoCompRetencion
  fechaEmision date; dirEstablecimiento? text300; contribuyenteEspecial? alnum3-13
  obligadoContabilidad? SI|NO; tipoIdentificacionSujetoRetenido 04|05|06|07|08
  tipoSujetoRetenido? 01|02; parteRel? SI|NO; razonSocialSujetoRetenido text300
  identificacionSujetoRetenido text20; periodoFiscal month
 docsSustento?
  docSustento+
   codSustento n2; codDocSustento n1-3; numDocSustento n15; fechaEmisionDocSustento date
   fechaRegistroContable? date; numAutDocSustento? n10-49; pagoLocExt 01|02; tipoRegi? n2
   paisEfecPago? n3-4; aplicConvDobTrib? SI|NO; pagExtSujRetNorLeg? SI|NO; pagoRegFis? SI|NO
   totalComprobantesReembolso? dec14.2-; totalBaseImponibleReembolso? dec14.2-
   totalImpuestoReembolso? dec14.2-; totalSinImpuestos dec14.2-; importeTotal dec14.2
   impuestosDocSustento
    impuestoDocSustento+
     codImpuestoDocSustento 2|3|5; codigoPorcentaje n1-4; baseImponible dec14.2; tarifa dec3.2
     valorImpuesto dec14.2
   retenciones
    retencion+
     codigo 1|2|6; codigoRetencion text5; baseImponible dec14.2; porcentajeRetener dec3.2
     valorRetenido dec14.2
     dividendos?
      fechaPagoDiv date; imRentaSoc dec14.2; ejerFisUtDiv n4
     compraCajBanano?
      numCajBan n1-7; precCajBan dec14.2
   reembolsos?
    reembolsoDetalle+
     tipoIdentificacionProveedorReembolso 04|05|06|07|08
     identificacionProveedorReembolso text20; codPaisPagoProveedorReembolso? n3
     tipoProveedorReembolso 01|02; codDocReembolso n2; estabDocReembolso n3
     ptoEmiDocReembolso n3; secuencialDocReembolso n9; fechaEmisionDocReembolso date
     numeroAutorizacionDocReemb n10-49
     detalleImpuestos
      detalleImpuesto+
       codigo 2|3|5; codigoPorcentaje n1-4; tarifa n1-4; baseImponibleReembolso dec14.2
       impuestoReembolso dec14.2
   pagos
    pago+
     formaPago n2; total dec14.2
 impuestos?
  impuesto+
   codigo n1; codigoRetencion text5; baseImponible dec14.2; porcentajeRetener dec3.2
   valorRetenido dec14.2; codDocSustento? n2; numDocSustento? n15; fechaEmisionDocSustento? date
 maquinaFiscal?=maquinaFiscal; infoAdicional?=infoAdicional
`
